using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Admin.Settings;

/// <summary>The body of a change of settings.</summary>
/// <param name="Settings">New texts by key.</param>
internal sealed record SetSettingsRequest([property: Longest(SettingChange.MaxText)] IReadOnlyDictionary<string, string?> Settings);
