"""Training of the two adapters with TRL's SFTTrainer and PEFT's LoRA."""
