"""The demo: two clinics, their people, and data that end today."""
