"""What all tests share."""

import torch

# Two test processes on two cores: PyTorch's own threads would only wait for each other.
torch.set_num_threads(1)
