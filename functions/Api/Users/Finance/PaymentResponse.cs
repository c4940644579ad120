namespace Cloudreve.Functions.Api.Users.Finance;

/// <summary>A payment.</summary>
/// <param name="Id">Encoded id.</param>
/// <param name="TradeNo">Trade number.</param>
/// <param name="Name">Product.</param>
/// <param name="Status">State.</param>
/// <param name="Qyt">Quantity.</param>
/// <param name="ProductType">1 share, 2 group, 3 storage, 4 points.</param>
/// <param name="CreatedAt">The time it was created.</param>
/// <param name="UpdatedAt">The time it last changed.</param>
internal sealed record PaymentResponse(
    string Id, string TradeNo, string Name, string Status, int Qyt, int ProductType, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);
