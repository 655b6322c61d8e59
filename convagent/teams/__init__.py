"""Teams: agents behind which several others work. A team is an agent and takes any seat."""
