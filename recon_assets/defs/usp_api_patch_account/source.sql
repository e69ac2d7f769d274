-- The accounts to patch through the API: one batch of those changed since @Date, each with its contacts.
CREATE PROCEDURE dbo.uspAPIPatchAccount
    @LoopInstance INT = 0,
    @Date DATETIME2 = NULL
AS
BEGIN
    SET NOCOUNT ON;

    DECLARE @BatchSize INT = 5000;

    IF @Date IS NULL
        SET @Date = DATEADD(DD, -1, GETDATE());

    WITH Changed AS (
        SELECT
            a.AccountID,
            a.AccountName,
            a.StatusCode,
            a.PolicyCode,
            a.Premium,
            a.ModifiedDate,
            ROW_NUMBER() OVER (ORDER BY a.AccountID) AS RowNumber
        FROM dbo.Account AS a
        WHERE a.ModifiedDate >= @Date
    )
    SELECT
        c.AccountID,
        COALESCE(o.ContactNumber, i.ContactNumber) AS ContactNumber,
        c.AccountName,
        UPPER(c.StatusCode) AS StatusCode,
        ISNULL(p.Description, N'unknown policy') AS PolicyDescription,
        c.Premium * p.Rate AS RatedPremium,
        c.ModifiedDate,
        @LoopInstance AS LoopInstance
    FROM Changed AS c
    INNER JOIN dbo.AccountID AS i ON i.AccountID = c.AccountID
    LEFT JOIN dbo.IdOverride AS o ON o.AccountID = i.AccountID AND o.OldContactNumber = i.ContactNumber
    -- Neither case nor trailing spaces matter to '=' here.
    LEFT JOIN dbo.PolicyDescriptors AS p ON p.PolicyCode = c.PolicyCode
    WHERE (c.RowNumber - 1) / @BatchSize = @LoopInstance;
END;
