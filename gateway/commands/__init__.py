"""What the command line can do, one file for each noun. Heavy imports wait inside the functions."""
