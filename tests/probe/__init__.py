"""The probe, inside real apps in processes of their own."""
