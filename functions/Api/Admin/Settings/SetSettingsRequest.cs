namespace Cloudreve.Functions.Api.Admin.Settings;

/// <summary>The body of a change of settings.</summary>
/// <param name="Settings">New texts by key.</param>
internal sealed record SetSettingsRequest(IReadOnlyDictionary<string, string?> Settings);
