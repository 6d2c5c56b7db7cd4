"""Encoders, one file each; they return feature maps at strides 2 to 32."""
