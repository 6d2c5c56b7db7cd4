"""The colour statistics of ImageNet, which most pretrained encoders expect of their input."""

MEAN = (0.485, 0.456, 0.406)
"""Mean of red, green and blue in [0, 1]."""

STD = (0.229, 0.224, 0.225)
"""Standard deviation of red, green and blue in [0, 1]."""
