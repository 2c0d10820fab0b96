# abi: sdk_shim/asio_abi.h, name for name. The header is the authority; tests/abi compares the sizes.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

cdef extern from "asio_abi.h" nogil:
    ctypedef long asio_long_t
    ctypedef unsigned long asio_ulong_t
    ctypedef asio_long_t asio_bool_t
    ctypedef asio_long_t asio_error_t
    ctypedef double asio_rate_t
    ctypedef struct asio_samples_t:
        pass
    ctypedef struct asio_time_stamp_t:
        pass

    enum:
        ASIO_OK
        ASIO_SUCCESS
        ASIO_NOT_PRESENT
        ASIO_HW_MALFUNCTION
        ASIO_INVALID_PARAMETER
        ASIO_INVALID_MODE
        ASIO_SP_NOT_ADVANCING
        ASIO_NO_CLOCK
        ASIO_NO_MEMORY

    enum:
        ASIO_FLOAT32_MSB
        ASIO_FLOAT32_LSB

    enum:
        ASIO_MSG_SELECTOR_SUPPORTED
        ASIO_MSG_ENGINE_VERSION
        ASIO_MSG_RESET_REQUEST
        ASIO_MSG_BUFFER_SIZE_CHANGE
        ASIO_MSG_RESYNC_REQUEST
        ASIO_MSG_LATENCIES_CHANGED
        ASIO_MSG_SUPPORTS_TIME_INFO
        ASIO_MSG_SUPPORTS_TIME_CODE
        ASIO_MSG_OVERLOAD

    enum:
        ASIO_FUTURE_ENABLE_TIME_CODE_READ
        ASIO_FUTURE_DISABLE_TIME_CODE_READ
        ASIO_FUTURE_SET_INPUT_MONITOR
        ASIO_FUTURE_TRANSPORT
        ASIO_FUTURE_SET_INPUT_GAIN
        ASIO_FUTURE_GET_INPUT_METER
        ASIO_FUTURE_SET_OUTPUT_GAIN
        ASIO_FUTURE_GET_OUTPUT_METER
        ASIO_FUTURE_CAN_INPUT_MONITOR
        ASIO_FUTURE_CAN_TIME_INFO
        ASIO_FUTURE_CAN_TIME_CODE
        ASIO_FUTURE_CAN_TRANSPORT
        ASIO_FUTURE_CAN_INPUT_GAIN
        ASIO_FUTURE_CAN_INPUT_METER
        ASIO_FUTURE_CAN_OUTPUT_GAIN
        ASIO_FUTURE_CAN_OUTPUT_METER
        ASIO_FUTURE_OPTIONAL_ONE
        ASIO_FUTURE_SET_IO_FORMAT
        ASIO_FUTURE_GET_IO_FORMAT
        ASIO_FUTURE_CAN_DO_IO_FORMAT
        ASIO_FUTURE_CAN_REPORT_OVERLOAD
        ASIO_FUTURE_GET_INTERNAL_BUFFER_SAMPLES
        ASIO_FUTURE_SET_INSTANCE_NAME

    enum:
        ASIO_TIME_SYSTEM_TIME_VALID
        ASIO_TIME_SAMPLE_POSITION_VALID
        ASIO_TIME_SAMPLE_RATE_VALID
        ASIO_TIME_SPEED_VALID
        ASIO_TIME_SAMPLE_RATE_CHANGED
        ASIO_TIME_CLOCK_SOURCE_CHANGED
        ASIO_TC_VALID
        ASIO_TC_RUNNING
        ASIO_TC_REVERSE
        ASIO_TC_ON_SPEED
        ASIO_TC_STILL
        ASIO_TC_SPEED_VALID

    enum:
        ASIO_TRANSPORT_START
        ASIO_TRANSPORT_STOP
        ASIO_TRANSPORT_LOCATE
        ASIO_TRANSPORT_PUNCH_IN
        ASIO_TRANSPORT_PUNCH_OUT
        ASIO_TRANSPORT_ARM_ON
        ASIO_TRANSPORT_ARM_OFF
        ASIO_TRANSPORT_MONITOR_ON
        ASIO_TRANSPORT_MONITOR_OFF
        ASIO_TRANSPORT_ARM
        ASIO_TRANSPORT_MONITOR

    enum:
        ASIO_FORMAT_INVALID
        ASIO_FORMAT_PCM
        ASIO_FORMAT_DSD

    enum:
        ASIO_NAME_SIZE
        ASIO_ERROR_TEXT_SIZE
        ASIO_VTABLE_SLOTS

    ctypedef struct asio_time_code_t:
        double speed
        asio_samples_t time_code_samples
        asio_ulong_t flags
        char future[64]

    ctypedef struct asio_time_info_t:
        double speed
        asio_time_stamp_t system_time
        asio_samples_t sample_position
        asio_rate_t sample_rate
        asio_ulong_t flags
        char reserved[12]

    ctypedef struct asio_time_t:
        asio_long_t reserved[4]
        asio_time_info_t time_info
        asio_time_code_t time_code

    ctypedef struct asio_callbacks_t:
        void (*buffer_switch)(asio_long_t index, asio_bool_t direct_process) noexcept nogil
        void (*sample_rate_did_change)(asio_rate_t rate_hz) noexcept nogil
        asio_long_t (*asio_message)(asio_long_t selector, asio_long_t value, void *message, double *opt) noexcept nogil
        asio_time_t *(*buffer_switch_time_info)(asio_time_t *time, asio_long_t index,
                                                asio_bool_t direct_process) noexcept nogil

    ctypedef struct asio_clock_source_t:
        asio_long_t index
        asio_long_t associated_channel
        asio_long_t associated_group
        asio_bool_t is_current_source
        char name[32]

    ctypedef struct asio_channel_info_t:
        asio_long_t channel
        asio_bool_t is_input
        asio_bool_t is_active
        asio_long_t channel_group
        asio_long_t type
        char name[32]

    ctypedef struct asio_buffer_info_t:
        asio_bool_t is_input
        asio_long_t channel_num
        void *buffers[2]

    ctypedef struct asio_driver_info_t:
        asio_long_t asio_version
        asio_long_t driver_version
        char name[32]
        char error_message[124]
        void *sys_ref

    ctypedef struct asio_input_monitor_t:
        asio_long_t input
        asio_long_t output
        asio_long_t gain
        asio_bool_t state
        asio_long_t pan

    ctypedef struct asio_channel_controls_t:
        asio_long_t channel
        asio_bool_t is_input
        asio_long_t gain
        asio_long_t meter
        char future[32]

    ctypedef struct asio_transport_parameters_t:
        asio_long_t command
        asio_samples_t sample_position
        asio_long_t track
        asio_long_t track_switches[16]
        char future[64]

    ctypedef struct asio_io_format_t:
        asio_long_t format_type
        char future[504]

    ctypedef struct asio_internal_buffer_info_t:
        asio_long_t input_samples
        asio_long_t output_samples

    ctypedef struct asio_guid_t:
        uint32_t data1
        uint16_t data2
        uint16_t data3
        uint8_t data4[8]

    ctypedef struct asio_driver_t:
        const asio_driver_vtable_t *vtable

    ctypedef struct asio_driver_vtable_t:
        int32_t (*query_interface)(asio_driver_t *, const asio_guid_t *, void **) noexcept nogil
        uint32_t (*add_ref)(asio_driver_t *) noexcept nogil
        uint32_t (*release)(asio_driver_t *) noexcept nogil
        asio_bool_t (*init)(asio_driver_t *, void *) noexcept nogil
        void (*get_driver_name)(asio_driver_t *, char *) noexcept nogil
        asio_long_t (*get_driver_version)(asio_driver_t *) noexcept nogil
        void (*get_error_message)(asio_driver_t *, char *) noexcept nogil
        asio_error_t (*start)(asio_driver_t *) noexcept nogil
        asio_error_t (*stop)(asio_driver_t *) noexcept nogil
        asio_error_t (*get_channels)(asio_driver_t *, asio_long_t *, asio_long_t *) noexcept nogil
        asio_error_t (*get_latencies)(asio_driver_t *, asio_long_t *, asio_long_t *) noexcept nogil
        asio_error_t (*get_buffer_size)(asio_driver_t *, asio_long_t *, asio_long_t *, asio_long_t *,
                                        asio_long_t *) noexcept nogil
        asio_error_t (*can_sample_rate)(asio_driver_t *, asio_rate_t) noexcept nogil
        asio_error_t (*get_sample_rate)(asio_driver_t *, asio_rate_t *) noexcept nogil
        asio_error_t (*set_sample_rate)(asio_driver_t *, asio_rate_t) noexcept nogil
        asio_error_t (*get_clock_sources)(asio_driver_t *, asio_clock_source_t *, asio_long_t *) noexcept nogil
        asio_error_t (*set_clock_source)(asio_driver_t *, asio_long_t) noexcept nogil
        asio_error_t (*get_sample_position)(asio_driver_t *, asio_samples_t *, asio_time_stamp_t *) noexcept nogil
        asio_error_t (*get_channel_info)(asio_driver_t *, asio_channel_info_t *) noexcept nogil
        asio_error_t (*create_buffers)(asio_driver_t *, asio_buffer_info_t *, asio_long_t, asio_long_t,
                                       const asio_callbacks_t *) noexcept nogil
        asio_error_t (*dispose_buffers)(asio_driver_t *) noexcept nogil
        asio_error_t (*control_panel)(asio_driver_t *) noexcept nogil
        asio_error_t (*future)(asio_driver_t *, asio_long_t, void *) noexcept nogil
        asio_error_t (*output_ready)(asio_driver_t *) noexcept nogil

    asio_samples_t asio_samples_from_int64(int64_t value)
    int64_t asio_samples_to_int64(asio_samples_t value)
    # samples and time stamps are one C type under two names
    asio_time_stamp_t asio_stamp_from_int64 "asio_samples_from_int64"(int64_t value)
    int64_t asio_stamp_to_int64 "asio_samples_to_int64"(asio_time_stamp_t value)
