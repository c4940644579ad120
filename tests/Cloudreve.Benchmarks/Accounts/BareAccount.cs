using System.Text;
using Azure.Data.Tables;
using Cloudreve.Benchmarks.Apps;
using Cloudreve.Core.Accounts;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Cloudreve.Benchmarks.Accounts;

/// <summary>
/// The yardstick: the same hash, signatures and storage transactions as the app needs, by the bare libraries. It has no request, limits no
/// guessing and revokes nothing.
/// </summary>
internal sealed class BareAccount(string connectionString, string tableName)
{
    private const string Partition = "user";

    private readonly TableClient _table = new(connectionString, tableName);
    private readonly JsonWebTokenHandler _jwt = new();
    private readonly SymmetricSecurityKey _key = new(Encoding.UTF8.GetBytes(new string('k', 64)));
    private string _token = "";

    public string PasswordHash { get; } = PasswordHasher.Hash(AppSettings.AdminPassword);

    public async Task PrepareAsync()
    {
        await _table.CreateIfNotExistsAsync();
        await _table.UpsertEntityAsync(new TableEntity(Partition, "profile") { ["password"] = PasswordHash });
        _token = Sign();
    }

    /// <summary>A query, a read, the hash, an insert, two signatures.</summary>
    public async Task SignInAsync()
    {
        await foreach (var _ in _table.QueryAsync<TableEntity>(row => row.PartitionKey == Partition, maxPerPage: 10))
            break;
        var user = (await _table.GetEntityAsync<TableEntity>(Partition, "profile")).Value;
        if (!PasswordHasher.Verify(AppSettings.AdminPassword, user.GetString("password")))
            throw new BenchmarkException("The hash does not fit.");
        await _table.AddEntityAsync(new TableEntity("activity", Guid.NewGuid().ToString("N")));
        Sign();
        _token = Sign();
    }

    /// <summary>A signature to check, two reads at once, two signatures.</summary>
    public async Task RefreshAsync()
    {
        var checkedToken = await _jwt.ValidateTokenAsync(_token, new TokenValidationParameters
        {
            IssuerSigningKey = _key,
            ValidateIssuer = false,
            ValidateAudience = false,
        });
        if (!checkedToken.IsValid)
            throw new BenchmarkException("The token is not valid.");
        await Task.WhenAll(_table.GetEntityAsync<TableEntity>(Partition, "profile"), _table.GetEntityIfExistsAsync<TableEntity>("root", "revoked"));
        Sign();
        _token = Sign();
    }

    private string Sign() => _jwt.CreateToken(new SecurityTokenDescriptor
    {
        Claims = new Dictionary<string, object> { ["sub"] = "user" },
        Expires = DateTime.UtcNow.AddHours(1),
        SigningCredentials = new SigningCredentials(_key, SecurityAlgorithms.HmacSha256),
    });
}
