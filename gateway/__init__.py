"""The post room: channels in and out, brokers, and the process's start and stop."""
