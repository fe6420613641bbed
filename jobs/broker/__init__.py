"""Jobs through a broker: messages that carry a job's id, the workers that take them, and news of what they do."""
