namespace Cloudreve.Core.Content.Media.Places;

/// <summary>Where Mapbox is.</summary>
public sealed record MapboxService
{
    /// <summary>Its reverse geocoding, version 6, as Mapbox documents it.</summary>
    public Uri Reverse { get; init; } = new("https://api.mapbox.com/search/geocode/v6/reverse");
}
