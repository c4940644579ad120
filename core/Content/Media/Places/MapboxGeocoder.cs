using System.Text.Json;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Media.Places;

/// <summary>Names of places by Mapbox: one call for each place, which Mapbox may charge for.</summary>
internal sealed class MapboxGeocoder : IReverseGeocoder
{
    private const int MaxCharacters = 512;
    private const int MaxDepth = 16;

    // An answer with the boundaries of a country is the largest.
    private static readonly OutgoingLimits s_limits = new(TimeSpan.FromSeconds(10), 1024 * 1024);
    private static readonly string[] s_parts = ["street", "locality", "place", "district", "region", "country"];

    private readonly MapboxService _service;
    private readonly HttpClient _client;

    public MapboxGeocoder(MapboxService service, OutgoingHttp outgoing)
    {
        _service = service;
        _client = outgoing.CreateClient(s_limits);
    }

    /// <inheritdoc/>
    public bool IsConfigured(SiteSettings site) => site.Get(MediaMetaSetting.GeocodingEnabled) && site.Get(MediaMetaSetting.MapboxToken).Length > 0;

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, string>> FindAsync(SiteSettings site, GeoPlace place, CancellationToken cancellationToken)
    {
        var address = FormattableString.Invariant(
            $"{_service.Reverse}?longitude={place.Longitude:0.######}&latitude={place.Latitude:0.######}&access_token={Uri.EscapeDataString(site.Get(MediaMetaSetting.MapboxToken))}");
        try
        {
            // The address has the token, so no error that could name it is passed on.
            using var response = await _client.GetAsync(new Uri(address), cancellationToken);
            if (!response.IsSuccessStatusCode)
                throw new MediaException($"Mapbox refused a place with status {(int)response.StatusCode}.", isFinal: false);
            return Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new MediaException($"Mapbox did not name a place ({e.GetType().Name}).", isFinal: false);
        }
    }

    /// <summary>The context of the first feature, which is the most precise one.</summary>
    private static Dictionary<string, string> Parse(byte[] json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
        var parts = new Dictionary<string, string>();
        if (Find(document.RootElement, "features") is not { ValueKind: JsonValueKind.Array } features
            || features.EnumerateArray().Select(feature => Find(feature, "properties")).FirstOrDefault() is not { } properties
            || Find(properties, "context") is not { } context)
            return parts;
        foreach (var part in s_parts)
        {
            if (Find(context, part) is { } found && Find(found, "name") is { ValueKind: JsonValueKind.String } name && Clean(name.GetString()!) is { Length: > 0 } text)
                parts["geocoding:" + part] = text;
        }
        return parts;
    }

    private static JsonElement? Find(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var found) ? found : null;

    private static string Clean(string text) => new string([.. text.Where(c => !char.IsControl(c)).Take(MaxCharacters)]).Trim();
}
