using System.Security.Cryptography;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Accounts.Passkeys;

/// <summary>A passkey of a user: one row in the user's partition.</summary>
public sealed record Passkey
{
    /// <summary>Prefix of the rows' keys.</summary>
    internal const string Prefix = "passkey-";

    /// <summary>The credential's id.</summary>
    public required byte[] CredentialId { get; init; }

    /// <summary>The COSE key.</summary>
    public required byte[] PublicKey { get; init; }

    /// <summary>The name that the user gave it.</summary>
    public required string Name { get; init; }

    /// <summary>The time it was registered.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time it was last used; null for never.</summary>
    public DateTimeOffset? UsedAt { get; init; }

    /// <summary>The authenticator's counter; 0 when it has none.</summary>
    public uint SignCount { get; init; }

    /// <summary>True if the authenticator verified the user when it was registered, so that it can and must do so again.</summary>
    public bool IsVerified { get; init; }

    /// <summary>Names the write that produced the row, for a writer whose response may be lost; null when it has no name.</summary>
    internal Guid? Write { get; init; }

    /// <summary>The version of the row.</summary>
    internal string ETag { get; init; } = "";

    /// <summary>
    /// Checks whether a counter may follow the stored one (WebAuthn Level 3, 7.2 step 22): a copy of an authenticator falls behind.
    /// </summary>
    /// <param name="count">The counter of an assertion.</param>
    internal bool MayFollow(uint count) => count > SignCount || (count == 0 && SignCount == 0);

    internal static string KeyOf(ReadOnlySpan<byte> credentialId) => Prefix + Convert.ToHexStringLower(SHA256.HashData(credentialId));

    internal static Passkey Read(Row row) => new()
    {
        CredentialId = row.Bytes(Columns.CredentialId) ?? [],
        PublicKey = row.Bytes(Columns.PublicKey) ?? [],
        Name = row.RequiredText(Columns.Name),
        CreatedAt = row.Time(Columns.CreatedAt) ?? default,
        UsedAt = row.Time(Columns.UsedAt),
        SignCount = (uint)row.RequiredNumber(Columns.SignCount),
        IsVerified = row.Flag(Columns.IsVerified),
        Write = row[Columns.Write] as Guid?,
        ETag = row.ETag,
    };

    internal Row Describe(long userId) => new(UserRows.Partition(userId), KeyOf(CredentialId))
    {
        [Columns.CredentialId] = CredentialId,
        [Columns.PublicKey] = PublicKey,
        [Columns.Name] = Name,
        [Columns.CreatedAt] = CreatedAt,
        [Columns.UsedAt] = UsedAt,
        [Columns.SignCount] = (long)SignCount,
        [Columns.IsVerified] = IsVerified,
        [Columns.Write] = Write,
    };

    private static class Columns
    {
        public const string SignCount = "count";
        public const string CredentialId = "id";
        public const string PublicKey = "key";
        public const string Name = "name";
        public const string CreatedAt = "created";
        public const string UsedAt = "used";
        public const string IsVerified = "verified";
        public const string Write = "write";
    }
}
