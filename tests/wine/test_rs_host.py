"""tests: RS_ASIO's way in: LoadLibrary and DllGetClassObject without COM, FreeLibrary straight after Release."""

import json

from wine.machine import Machine

N_ROUNDS = 3


def test_driver_survives_a_host_that_unloads_it(machine: Machine) -> None:
    with machine.registered("asiokit RS") as name:
        done = machine.prefix.run(
            [machine.hosts["rs_host"], machine.library, machine.class_id(name), str(N_ROUNDS), "64"]
        )
    rounds = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done
    assert [(r["name"], r["fault"]) for r in rounds] == [(name, None)] * N_ROUNDS
    assert all(r["switches"] >= 50 for r in rounds), rounds


def test_a_class_that_is_not_ours_is_refused(machine: Machine) -> None:
    done = machine.prefix.run(
        [machine.hosts["rs_host"], machine.library, "{6B3C9A2E-7F10-4E5D-9C11-0123456789AB}", "1", "64"]
    )
    assert done.returncode == 1 and json.loads(done.stdout)["fault"] == "DllGetClassObject", done
