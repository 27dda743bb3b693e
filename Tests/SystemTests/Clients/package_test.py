"""`martlet package`: the same bytes each time, and a program that runs where there is nothing else."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import zipfile

from harness import PROGRAM, run
from sandbox import Cloud, RuntimeAPI, conversations_event, make_certificates

PROJECT = os.environ["MARTLET_PROJECT"]
BUILD = os.environ["MARTLET_BUILD"]
SECRET = "0123456789abcdef" * 4
folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)


def package(*arguments, template=None):
    """Runs the command on a copy of the template, so that nothing of the project changes."""
    work = f"{folder.name}/project"
    if not os.path.isdir(work):
        os.makedirs(f"{work}/Functions")
        shutil.copy(f"{PROJECT}/template.json", work)
        for name in ("Web", "Assistants"):
            os.symlink(f"{PROJECT}/Functions/{name}", f"{work}/Functions/{name}")
    if template:
        with open(f"{work}/template.json", "w") as file:
            json.dump(template, file)
    build = [] if "--build" in arguments else ["--build", BUILD]
    done = subprocess.run([PROGRAM, "package", *build, *arguments], cwd=work, capture_output=True, text=True,
                          timeout=300)
    return done, f"{work}/.build/package"


def test_the_same_bytes_twice():
    done, packages = package("web", "ConversationsFunction")
    assert done.returncode == 0, done
    for line in ["bootstrap", "lib/", "certificates/", "Functions/Web/", "MB zipped", "GLIBC 2.2.5", "brings loader"]:
        assert line in done.stdout, (line, done.stdout)
    names = ["ConversationsFunction.zip", "WebFunction.zip"]
    assert sorted(os.listdir(packages)) == names, os.listdir(packages)
    first = [hashlib.sha256(open(f"{packages}/{name}", "rb").read()).hexdigest() for name in names]
    again, _ = package("web", "ConversationsFunction")
    assert again.stdout == done.stdout
    assert first == [hashlib.sha256(open(f"{packages}/{name}", "rb").read()).hexdigest() for name in names]


def test_what_is_in_it():
    packages = f"{folder.name}/project/.build/package"
    with zipfile.ZipFile(f"{packages}/WebFunction.zip") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert {"bootstrap", "lib/libc.so.6", "lib/libcurl.so.4", "Functions/Web/index.html"} <= set(names), names
        assert any(re.fullmatch(r"lib/ld-linux-.*\.so\.\d", name) for name in names), names
        assert any(re.fullmatch(r"certificates/[0-9a-f]{8}\.\d", name) for name in names), names
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
        assert modes["bootstrap"] == 0o100755 and modes["Functions/Web/index.html"] == 0o100644, modes
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert os.path.getsize(f"{packages}/WebFunction.zip") < 50 << 20
        assert sum(entry.file_size for entry in archive.infolist()) < 250 << 20
    with zipfile.ZipFile(f"{packages}/ConversationsFunction.zip") as archive:
        assert not any(name.startswith("Functions/") for name in archive.namelist())


def test_refusals():
    done, _ = package("nonsense")
    assert done.returncode == 2 and "ChatFunction (chat)" in done.stderr, done
    done, _ = package("health", "--build", folder.name)
    assert done.returncode == 2, done
    done, _ = package("health", "--no-loader")
    assert done.returncode == 2 and re.search(r"needs GLIBC(XX)?_[\d.]+, more than provided.al2023 has", done.stderr), done
    # A small program, so that only the declared file counts: zeros compress to nothing, noise does not.
    os.makedirs(f"{folder.name}/small")
    shutil.copy("/bin/true", f"{folder.name}/small/bootstrap")
    template = json.load(open(f"{PROJECT}/template.json"))
    template["Resources"]["HealthFunction"]["Metadata"]["Martlet"]["Files"] = ["large"]
    for size, word in [(251 << 20, "longer than 262144000 bytes"), (51 << 20, "zipped, Lambda takes 50 MB")]:
        with open(f"{folder.name}/project/large", "wb") as file:
            file.write(os.urandom(size)) if size < 100 << 20 else file.truncate(size)
        done, packages = package("health", "--build", f"{folder.name}/small", template=template)
        assert done.returncode == 2 and word in done.stderr and "large" in done.stderr, done
        assert not os.path.exists(f"{packages}/HealthFunction.zip")
    os.remove(f"{folder.name}/project/large")
    done, _ = package("health", "--build", f"{folder.name}/small", template=template)
    assert done.returncode == 2 and "large (Metadata.Martlet.Files) does not exist" in done.stderr, done


def test_time_zones():
    template = json.load(open(f"{PROJECT}/template.json"))
    template["Parameters"]["WorkingHours"]["Default"] = "Asia/Tokyo Mon-Fri 09:00-18:00"
    small = ["health", "--build", f"{folder.name}/small"]

    def zones(*arguments):
        done, packages = package(*small, *arguments, template=template)
        assert done.returncode == 0, done
        with zipfile.ZipFile(f"{packages}/HealthFunction.zip") as archive:
            names = [name for name in archive.namelist() if name.startswith("zoneinfo/")]
            for name in names:
                assert archive.read(name) == open(f"/usr/share/{name}", "rb").read(), name
            return names

    assert zones() == ["zoneinfo/Asia/Tokyo"]
    assert zones("--time-zone", "Europe/Berlin,Asia/Tokyo") == ["zoneinfo/Asia/Tokyo", "zoneinfo/Europe/Berlin"]
    for name in ("../etc/passwd", "/etc/passwd", "Asia/../../etc/passwd", "Asia/Nowhere"):
        done, _ = package(*small, "--time-zone", name, template=template)
        assert done.returncode == 2 and name in done.stderr, done


def test_runs_in_an_empty_root():
    root = f"{folder.name}/root"
    os.makedirs(f"{root}/proc")
    with zipfile.ZipFile(f"{folder.name}/project/.build/package/ConversationsFunction.zip") as archive:
        for entry in archive.infolist():
            os.chmod(archive.extract(entry, f"{root}/var/task"), entry.external_attr >> 16)
    certificates = f"{folder.name}/certificates"
    os.makedirs(certificates)
    trusted = f"{root}/var/task/certificates/{make_certificates(certificates)}"
    shutil.copy(f"{certificates}/authority.pem", trusted)
    # A mount of our own: it ends with the process.
    command = ["unshare", "--mount", "sh", "-c", f"mount -t proc proc {root}/proc && exec chroot {root} /var/task/bootstrap"]
    probe = subprocess.run([*command[:4], f"mount -t proc proc {root}/proc"], capture_output=True, text=True)
    if os.geteuid() != 0 or probe.returncode != 0:
        print(f"SKIPPED the run in an empty root: it takes root and mounts ({probe.stderr.strip()})", flush=True)
        return
    with open(f"{folder.name}/key", "w") as file:
        file.write(SECRET + "\n")
    token = subprocess.run([PROGRAM, "token", "--user", "ana", "--key", f"{folder.name}/key"], check=True,
                           capture_output=True, text=True).stdout.strip()
    event = conversations_event(PROJECT, token)
    with Cloud(certificates, SECRET) as cloud:
        def answers(count):
            with RuntimeAPI() as api:
                environment = {
                    "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.port}", "_HANDLER": "conversations",
                    "LAMBDA_TASK_ROOT": "/var/task", "PATH": os.environ["PATH"],
                    # As Lambda sets it: the system's libraries come first, and must not be taken.
                    "LD_LIBRARY_PATH": "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
                    "AWS_ENDPOINT_URL": f"https://127.0.0.1:{cloud.port}", "AWS_REGION": "us-east-1",
                    "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
                with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
                    try:
                        for _ in range(count):
                            kind, body, _ = api.invoke(event)
                            yield kind, json.loads(body)
                    finally:
                        process.terminate()

        for number, (kind, body) in enumerate(answers(500)):
            assert kind == "response" and body["statusCode"] == 200, (number, kind, body)
        assert len(cloud.calls) >= 501, len(cloud.calls)
        # The same without the authority: nothing is asked of a server that nobody vouches for.
        os.remove(trusted)
        asked = len(cloud.calls)
        for kind, body in answers(1):
            assert kind == "error" or body["statusCode"] >= 500, (kind, body)
        assert len(cloud.calls) == asked


run(globals())
