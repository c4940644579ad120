using System.Text.Json.Serialization;

namespace Cloudreve.Core.Accounts.AccountMails;

/// <summary>The purpose of a mail about an account.</summary>
internal enum AccountMailKind
{
    /// <summary>Asks to confirm the mail address.</summary>
    Activation,

    /// <summary>Lets the user replace the password.</summary>
    Reset,
}

/// <summary>A queued request to send an account mail: a message of the mail queue. It holds no secret and no mail address.</summary>
/// <param name="Kind">The purpose.</param>
/// <param name="SiteUrl">Scheme and host of the links.</param>
/// <param name="Nonce">The nonce of the request that it belongs to.</param>
/// <param name="Language">Locale code; null for the account's.</param>
/// <param name="Request">The key of that request's row; null for the only one of its kind.</param>
internal sealed record AccountMail(AccountMailKind Kind, long UserId, string SiteUrl, string Nonce, string? Language, string? Request = null);

/// <summary>JSON of the queue.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true, RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(AccountMail))]
internal sealed partial class AccountMailJson : JsonSerializerContext;
