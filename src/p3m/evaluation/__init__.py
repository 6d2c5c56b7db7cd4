"""Scores of many pictures: protocols, statistics, comparison and reports. No torch."""
