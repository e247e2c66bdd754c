"""Salesforce: what goes to it and what comes from it, through simple-salesforce's client of the Bulk API 2.0."""
