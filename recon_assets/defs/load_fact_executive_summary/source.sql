-- Loads the executive summary: one row per month end, institution, corporation and product.
-- Holdings whose date, institution, corporation or product is unknown are left out; an income that is
-- missing or negative counts as 0.
CREATE PROCEDURE dbo.LOAD_FACT_EXECUTIVE_SUMMARY
AS
BEGIN
    SET NOCOUNT ON;

    BEGIN TRY
        BEGIN TRANSACTION;

        TRUNCATE TABLE dbo.FACT_EXECUTIVE_SUMMARY;

        INSERT INTO dbo.FACT_EXECUTIVE_SUMMARY (
            date_key, institution_id, corporation_id, product_id,
            a120_amount, a120_count,
            a30_to_59_amount, a30_to_59_count,
            a60_to_89_amount, a60_to_89_count,
            a90_to_119_amount, a90_to_119_count,
            charge_off_amount, charge_off_count,
            fraud_amount, fraud_count,
            income_amount, number_of_accounts,
            purchases_amount, purchases_count
        )
        SELECT
            dt.date_key,
            inst.institution_id,
            corp.corporation_id,
            prod.product_id,
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
                WHEN stg.income_amount IS NULL OR stg.income_amount < 0 THEN 0
                ELSE stg.income_amount
            END AS income_amount,
            stg.number_of_accounts,
            stg.purchases_amount,
            stg.purchases_count
        FROM dbo.STG_HOLDING_METRICS AS stg
        INNER JOIN dbo.DIM_DATE AS dt ON dt.date_key = stg.date_value
        INNER JOIN dbo.DIM_INSTITUTION AS inst ON inst.institution_id = stg.institution_id
        INNER JOIN dbo.DIM_CORPORATION AS corp ON corp.corporation_id = stg.corporation_id
        -- '=' disregards trailing spaces here: 'P07 ' finds 'P07'.
        INNER JOIN dbo.DIM_PRODUCT AS prod ON prod.product_id = stg.product_id;

        COMMIT TRANSACTION;
    END TRY
    BEGIN CATCH
        IF @@TRANCOUNT > 0
            ROLLBACK TRANSACTION;
        THROW;
    END CATCH
END;
