import subprocess
import sys


def test_torchvision_can_be_imported_whatever_torch_it_finds():
    # In a process of its own, because a library can be declared and imported only once.
    code = (
        "from common.torchvision_cpu import mend\n"
        "mend(); mend()\n"
        "import torch, torchvision, open_clip\n"
        "mend()\n"
        "print(tuple(torchvision.transforms.CenterCrop(4)(torch.zeros(3, 9, 9)).shape))"
    )
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "(3, 4, 4)"
