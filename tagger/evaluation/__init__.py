"""Evaluation: taggers side by side on paragraphs that none of them was trained on."""
