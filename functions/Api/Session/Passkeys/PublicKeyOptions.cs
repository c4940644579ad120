using System.Text.Json.Serialization;

namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>Options for the browser, under the name that its interface expects.</summary>
/// <param name="PublicKey">The options.</param>
/// <typeparam name="T">Their type.</typeparam>
internal sealed record PublicKeyOptions<T>([property: JsonPropertyName("publicKey")] T PublicKey)
    where T : class;
