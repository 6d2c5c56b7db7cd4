"""Pictures with alphas: where they lie, how they are split, how samples are made of them."""
