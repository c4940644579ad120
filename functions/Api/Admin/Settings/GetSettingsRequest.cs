namespace Cloudreve.Functions.Api.Admin.Settings;

/// <summary>The body of a request for settings.</summary>
/// <param name="Keys">Their keys.</param>
internal sealed record GetSettingsRequest(IReadOnlyList<string?> Keys);
