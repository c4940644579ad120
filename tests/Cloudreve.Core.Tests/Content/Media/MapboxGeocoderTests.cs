using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Media.Places;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tests.Content.Thumbnails;
using Cloudreve.Core.Tests.Infrastructure.Outgoing;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Media;

/// <summary>Names of places, with a server on this machine that answers as Mapbox documents it.</summary>
public sealed class MapboxGeocoderTests(AzuriteServer azurite)
{
    private const string Answer =
        """
        {"type":"FeatureCollection","features":[
          {"type":"Feature","geometry":{"type":"Point","coordinates":[-8.25,47.5]},"properties":{"feature_type":"address","name":"Seestrasse 1","context":{
            "address":{"name":"Seestrasse 1"},"street":{"mapbox_id":"a","name":"Seestrasse"},"postcode":{"name":"8000"},"locality":{"name":"Kreis 2"},
            "place":{"name":"Zurich"},"district":{"name":"Bezirk\u0000 Zurich"},"region":{"name":"Kanton Zurich"},"country":{"name":"Switzerland","country_code":"CH"}}}},
          {"type":"Feature","properties":{"context":{"street":{"name":"Other"}}}}],"attribution":"NOTICE"}
        """;

    private static readonly GeoPlace s_place = new(47.5, -8.25);

    [Fact]
    public async Task Given_a_place_when_it_is_looked_up_then_the_parts_of_its_address_are_kept()
    {
        using var server = ListenerDouble.Answering(Answer);

        var parts = await Create(server).FindAsync(Settings(), s_place, CancellationToken.None);

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["geocoding:street"] = "Seestrasse",
                ["geocoding:locality"] = "Kreis 2",
                ["geocoding:place"] = "Zurich",
                ["geocoding:district"] = "Bezirk Zurich",
                ["geocoding:region"] = "Kanton Zurich",
                ["geocoding:country"] = "Switzerland",
            },
            parts);
    }

    [Theory]
    [InlineData("""{"features":[]}""")]
    [InlineData("""{"features":[{"properties":{}}]}""")]
    [InlineData("""{"features":[{"properties":{"context":[]}}]}""")]
    [InlineData("""{"features":[{"properties":{"context":{"street":{"name":7},"place":"x"}}}]}""")]
    [InlineData("[]")]
    public async Task Given_an_answer_without_an_address_when_a_place_is_looked_up_then_it_has_none(string answer)
    {
        using var server = ListenerDouble.Answering(answer);

        Assert.Empty(await Create(server).FindAsync(Settings(), s_place, CancellationToken.None));
    }

    [Fact]
    public async Task Given_a_server_that_fails_when_a_place_is_looked_up_then_the_reason_names_no_token()
    {
        using var refusing = ListenerDouble.Sending("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        using var broken = ListenerDouble.Answering("<html>");
        using var endless = ListenerDouble.Endless();
        using var redirecting = ListenerDouble.Redirecting("http://127.0.0.1:1/");

        foreach (var server in (ListenerDouble[])[refusing, broken, endless, redirecting])
        {
            var error = await Assert.ThrowsAsync<MediaException>(() => Create(server).FindAsync(Settings(), s_place, CancellationToken.None));
            Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Given_a_service_at_a_private_address_when_a_place_is_looked_up_then_nothing_is_sent()
    {
        using var server = ListenerDouble.Answering(Answer);
        var geocoder = new MapboxGeocoder(ServiceAt(server), new OutgoingHttp(OutgoingGuards.With("")));

        await Assert.ThrowsAsync<MediaException>(() => geocoder.FindAsync(Settings(), s_place, CancellationToken.None));

        Assert.Equal(0, server.Connections);
    }

    [Theory]
    [InlineData("media_meta_geocoding", "0")]
    [InlineData("media_meta_geocoding_mapbox_ak", "")]
    public void Given_a_setting_that_rules_it_out_when_asked_then_places_are_not_looked_up(string key, string value)
    {
        using var server = ListenerDouble.Answering(Answer);

        Assert.True(Create(server).IsConfigured(Settings()));
        Assert.False(Create(server).IsConfigured(Settings((key, value))));
        Assert.False(Create(server).IsConfigured(new SiteSettings(new Dictionary<string, string>())));
    }

    [Fact]
    public async Task Given_a_picture_with_a_place_when_it_is_read_twice_then_its_address_is_looked_up_once()
    {
        using var server = ListenerDouble.Answering(Answer);
        var site = await ThumbnailSite.CreateAsync(azurite);
        var media = MediaInformationTests.Create(site, site.Installation.Connect(), Create(server));

        var read = await media.ExtractAsync(Settings(), await site.AddFileAsync("a.jpg", MediaTagTests.Photo()));
        var again = await media.ExtractAsync(Settings(), read);

        Assert.Equal(("47.5", "Zurich"), (read.Metadata["exif:latitude"], read.Metadata["geocoding:place"]));
        Assert.Equal(read.Metadata, again.Metadata);
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task Given_a_service_that_fails_when_a_picture_is_read_then_the_rest_is_kept()
    {
        using var server = ListenerDouble.Sending("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        var site = await ThumbnailSite.CreateAsync(azurite);
        var media = MediaInformationTests.Create(site, site.Installation.Connect(), Create(server));

        var read = await media.ExtractAsync(Settings(), await site.AddFileAsync("a.jpg", MediaTagTests.Photo()));

        Assert.Equal("47.5", read.Metadata["exif:latitude"]);
        Assert.DoesNotContain(read.Metadata.Keys, key => key.StartsWith("geocoding:", StringComparison.Ordinal));
    }

    private static MapboxService ServiceAt(ListenerDouble server) => new() { Reverse = new Uri($"http://127.0.0.1:{server.Port}/search/geocode/v6/reverse") };

    private static MapboxGeocoder Create(ListenerDouble server) => new(ServiceAt(server), new OutgoingHttp(OutgoingGuards.Local));

    private static SiteSettings Settings(params (string Key, string Value)[] changed)
    {
        var values = new Dictionary<string, string> { ["media_meta_geocoding"] = "1", ["media_meta_geocoding_mapbox_ak"] = "secret" };
        foreach (var (key, value) in changed)
            values[key] = value;
        return new SiteSettings(values);
    }
}
