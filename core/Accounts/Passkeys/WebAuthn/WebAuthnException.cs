using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Accounts.Passkeys.WebAuthn;

/// <summary>An invalid credential or assertion (code 40025).</summary>
/// <param name="message">The problem with it.</param>
internal sealed class WebAuthnException(string message) : CloudreveException(ErrorCode.WebAuthnInvalid, message);
