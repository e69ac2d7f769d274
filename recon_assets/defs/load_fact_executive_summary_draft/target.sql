-- A first draft of the migration, kept to show what a report says of its four mistakes.
SELECT
    dt.date_key,
    inst.institution_id,
    corp.corporation_id,
    stg.product_id,                                   -- the staging's text, trailing space and all
    stg.a120_amount,
    stg.a120_count,
    stg.a30_to_59_amount,
    stg.a30_to_59_count,
    stg.a60_to_89_amount,
    stg.a60_to_89_count,
    stg.a90_to_119_amount,
    stg.a90_to_119_count,
    stg.charge_off_amount,
    stg.charge_off_count,
    stg.fraud_amount,
    stg.fraud_count,
    CASE
        WHEN stg.income_amount < 0 THEN 0             -- the rule for a missing income is lost
        ELSE stg.income_amount
    END AS income_amount,
    stg.number_of_accounts,
    round(stg.purchases_amount, 1) AS purchases_amount,
    stg.purchases_count
FROM STG_HOLDING_METRICS AS stg
INNER JOIN DIM_DATE AS dt ON dt.date_key = stg.date_value
INNER JOIN DIM_INSTITUTION AS inst ON inst.institution_id = stg.institution_id
LEFT JOIN DIM_CORPORATION AS corp ON corp.corporation_id = stg.corporation_id   -- INNER was meant
INNER JOIN DIM_PRODUCT AS prod ON prod.product_id = rtrim(stg.product_id)
