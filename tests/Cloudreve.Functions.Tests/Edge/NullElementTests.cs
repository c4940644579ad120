using System.Text.Json;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.Edge;

public sealed class NullElementTests(SharedApp shared) : IClassFixture<SharedApp>
{
    [Theory]
    [InlineData("DELETE", "file/lock", """{"tokens":[null]}""")]
    [InlineData("DELETE", "file/lock", """{"tokens":["a",null]}""")]
    [InlineData("DELETE", "file", """{"uris":[null]}""")]
    [InlineData("POST", "file/move", """{"uris":[null],"dst":"cloudreve://my"}""")]
    [InlineData("POST", "file/restore", """{"uris":[null]}""")]
    [InlineData("POST", "file/url", """{"uris":[null]}""")]
    [InlineData("PUT", "file/source", """{"uris":[null]}""")]
    [InlineData("PATCH", "file/metadata", """{"uris":[null],"patches":[{"key":"tag:a","value":""}]}""")]
    [InlineData("PATCH", "file/metadata", """{"uris":["cloudreve://my/a"],"patches":[null]}""")]
    [InlineData("POST", "file/create", """{"uri":"cloudreve://my/a","type":"folder","metadata":{"tag:a":null}}""")]
    [InlineData("PUT", "file/upload", """{"uri":"cloudreve://my/a","size":1,"metadata":{"tag:a":null}}""")]
    [InlineData("PUT", "file/upload", """{"uri":"cloudreve://my/a","size":1,"encryption_supported":[null]}""")]
    [InlineData("PATCH", "file/view", """{"uri":"cloudreve://my","view":{"page_size":50,"columns":[null]}}""")]
    [InlineData("DELETE", "share", """{"ids":[null]}""")]
    [InlineData("PATCH", "user/setting", """{"version_retention_ext":[null]}""")]
    [InlineData("PATCH", "admin/settings", """{"settings":{"siteName":null}}""")]
    public async Task Given_null_in_a_list_or_map_when_the_body_is_sent_then_it_is_a_bad_parameter(string method, string path, string body)
    {
        var client = await shared.App.SignInAsync();

        Assert.Equal(40001, (await client.SendTextAsync(new HttpMethod(method), path, body)).Code);
    }

    [Theory]
    [InlineData("""{"list":[null],"map":{},"deep":[]}""")]
    [InlineData("""{"list":[],"map":{"a":null},"deep":[]}""")]
    [InlineData("""{"list":[],"map":{},"deep":[["a"],null]}""")]
    [InlineData("""{"list":[],"map":{},"deep":[["a",null]]}""")]
    [InlineData("""{"list":[],"map":{},"deep":[],"inner":{"list":[null],"map":{},"deep":[]}}""")]
    public void Given_null_at_any_depth_when_a_body_is_read_then_it_is_refused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Body>(json, ApiJson.Options));

    [Fact]
    public void Given_a_list_that_may_hold_null_when_a_body_is_read_then_null_stays() =>
        Assert.Equal(
            ["a", null],
            JsonSerializer.Deserialize<Body>("""{"list":[],"map":{},"deep":[],"loose":["a",null]}""", ApiJson.Options)!.Loose!);

    private sealed record Body(IReadOnlyList<string> List, IReadOnlyDictionary<string, string> Map, string[][] Deep)
    {
        public Body? Inner { get; init; }

        public IReadOnlyList<string?>? Loose { get; init; }
    }
}
