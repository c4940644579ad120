using System.Text.Json;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;

namespace Cloudreve.Functions.Api.Admin.Nodes;

/// <summary>Settings of a node's downloads as the administration sends them (contract, section 22).</summary>
internal sealed record NodeSettingsRequest
{
    public string? Provider { get; init; }

    public Aria2Request? Aria2 { get; init; }

    public QbittorrentRequest? Qbittorrent { get; init; }

    public int? Interval { get; init; }

    public bool? WaitForSeeding { get; init; }

    /// <summary>Exceptions from the check of addresses, which the operator alone makes.</summary>
    public IReadOnlyDictionary<string, JsonElement>? UrlValidation { get; init; }

    /// <summary>The settings that the request describes.</summary>
    /// <exception cref="CloudreveException">40019: it lets users call private addresses.</exception>
    public NodeSettings ToSettings()
    {
        if (UrlValidation?.Values.Any(IsGiven) is true)
        {
            throw new CloudreveException(
                ErrorCode.FeatureDisabled, "Private addresses that may be downloaded from are set by the operator in CLOUDREVE_DOWNLOAD_HOSTS.");
        }
        return new NodeSettings
        {
            Provider = string.IsNullOrEmpty(Provider) ? null : Provider,
            Aria2 = Aria2?.ToSettings(),
            Qbittorrent = Qbittorrent?.ToSettings(),
            Interval = Interval ?? 0,
            WaitForSeeding = WaitForSeeding ?? false,
        };
    }

    /// <summary>The dashboard sends empty forms as empty lists and texts.</summary>
    private static bool IsGiven(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => false,
        JsonValueKind.String => value.GetString()!.Length > 0,
        JsonValueKind.Array => value.GetArrayLength() > 0,
        _ => true,
    };
}

/// <summary>Access to aria2.</summary>
internal sealed record Aria2Request
{
    public string? Server { get; init; }

    public string? Token { get; init; }

    public IReadOnlyDictionary<string, JsonElement>? Options { get; init; }

    public string? TempPath { get; init; }

    public Aria2Settings ToSettings() => new() { Server = Server ?? "", Token = Token ?? "", Options = Options, TempPath = TempPath ?? "" };
}

/// <summary>Access to qBittorrent.</summary>
internal sealed record QbittorrentRequest
{
    public string? Server { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    public IReadOnlyDictionary<string, JsonElement>? Options { get; init; }

    public string? TempPath { get; init; }

    public QbittorrentSettings ToSettings() =>
        new() { Server = Server ?? "", User = User ?? "", Password = Password ?? "", Options = Options, TempPath = TempPath ?? "" };
}
