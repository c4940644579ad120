using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Accounts.Passkeys.WebAuthn;

/// <summary>A credential or assertion that does not hold (code 40025).</summary>
/// <param name="message">The problem with it.</param>
internal sealed class WebAuthnException(string message) : CloudreveException(ErrorCode.WebAuthnInvalid, message);
