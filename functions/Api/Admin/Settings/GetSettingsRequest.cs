namespace Cloudreve.Functions.Api.Admin.Settings;

/// <summary>The body of a request for settings.</summary>
internal sealed record GetSettingsRequest(IReadOnlyList<string?> Keys);
