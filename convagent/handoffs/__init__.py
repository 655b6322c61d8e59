"""Who is handed over to, and when: values of the classic's group patterns."""
