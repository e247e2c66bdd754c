"""The columns of the gsa-search set (federal web domains) in the contract's words."""

MAPPING = """
[columns.accounts]
account_id = "Domain"
name = "Domain"
industry = "Agency"
sub_industry = "Bureau"
region = "Branch"

[columns.won]
account_id = "Domain"

[columns.house_list]
account_id = "Domain"

[columns.technographics]
account_id = "Domain"
technology = "Service"
"""
