"""The settings of `lastword salesforce`: which of our columns go where in Salesforce, and which come from there."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from lastword.column_mappings import mapping_mistakes
from lastword.configuration import Section
from lastword.contracts import INPUT_TABLES
from lastword.mistakes import raise_any, shown, wrong

SalesforceName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*$")]


class SalesforceFields(Section):
    """[salesforce.fields]: the field of Salesforce that gets each of ours."""

    final_grade: SalesforceName = "Lastword_Grade__c"
    tier: SalesforceName = "Lastword_Tier__c"
    propensity: SalesforceName = "Lastword_Propensity__c"
    reasons: SalesforceName = "Lastword_Reasons__c"
    decided_by: SalesforceName = "Lastword_Decided_By__c"


class SalesforcePull(Section):
    """[salesforce.pull]: our columns and the fields of Salesforce that they come from; won is of closed-won opportunities."""

    accounts: Annotated[dict[str, SalesforceName], Field(examples=['{ account_id = "Id", name = "Name" }'])] = {
        "account_id": "Id",
        "name": "Name",
        "domain": "Website",
        "parent_account_id": "ParentId",
        "country": "BillingCountry",
        "industry": "Industry",
        "ownership": "Ownership",
        "employee_count": "NumberOfEmployees",
        "annual_revenue": "AnnualRevenue",
    }
    won: Annotated[dict[str, SalesforceName], Field(examples=['{ account_id = "AccountId", won_on = "CloseDate" }'])] = {
        "account_id": "AccountId",
        "won_on": "CloseDate",
        "amount": "Amount",
    }

    @model_validator(mode="after")
    def _map_known_columns(self) -> Self:
        mappings = {"accounts": self.accounts, "won": self.won}
        raise_any([mistake for table, mapping in mappings.items() for mistake in mapping_mistakes(table, mapping)])
        for table, mapping in mappings.items():
            absent = [column.name for column in INPUT_TABLES[table].columns if column.required and column.name not in mapping]
            if absent:
                raise wrong(f"{', '.join(absent)} missing; say which field of Salesforce it comes from", table)
        return self


class Salesforce(Section):
    """[salesforce]: where the final grades go. The address and the access token are environment variables."""

    object: SalesforceName = "Account"
    external_id: SalesforceName = "Lastword_Id__c"
    fields: SalesforceFields = SalesforceFields()
    pull: SalesforcePull = SalesforcePull()

    @model_validator(mode="after")
    def _uses_each_field_once(self) -> Self:
        names = (self.external_id, *self.fields.model_dump().values())
        repeated = [name for i, name in enumerate(names) if name.casefold() in {each.casefold() for each in names[:i]}]
        if repeated:
            raise wrong(f"{shown(repeated[0])} is there twice; give each its own field", "fields")
        return self
