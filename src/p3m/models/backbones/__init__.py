"""Encoders, one file or folder each; they return feature maps at strides 1 or 2 to 32."""
