using System.Net;
using System.Text.Json;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Edge;

public sealed class EdgeTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_running_app_when_it_is_pinged_then_the_version_comes_in_an_envelope()
    {
        await using var app = await AppFixture.StartAsync(azurite);

        var answer = await app.CreateClient().GetAsync("/api/v4/site/ping");

        Assert.Equal("""{"code":0,"msg":"","data":"4.14.0"}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal("private, no-cache", answer.Headers.NonValidated["Cache-Control"].ToString());
    }

    [Theory]
    [InlineData("GET", "/api/v4/nothing/here")]
    [InlineData("POST", "/api/v4/site/ping")]
    public async Task Given_no_such_route_or_method_when_it_is_called_then_the_status_is_404_without_envelope(string method, string path)
    {
        await using var app = await AppFixture.StartAsync(azurite);

        var answer = await app.CreateClient().SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Given_an_endpoint_that_does_not_say_who_may_call_it_when_it_is_called_then_it_is_refused()
    {
        await using var app = await AppFixture.StartAsync(azurite, map: a => a.MapGet("/api/v4/forgotten", () => "open"));

        var answer = await app.CreateClient().GetAsync("/api/v4/forgotten");

        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(403, body.RootElement.GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task Given_a_handler_that_fails_when_it_is_called_then_the_answer_is_200_with_a_generic_message_and_the_callers_request_id()
    {
        await using var app = await AppFixture.StartAsync(
            azurite, map: a => a.MapGet("/api/v4/broken", string () => throw new InvalidOperationException("secret")).Auth(AuthClass.None));
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/v4/broken");
        request.Headers.Add("X-Cr-Correlation-Id", "b4351ecc-ee1a-4455-bc94-2c3dbcc58538");

        var answer = await app.CreateClient().SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(
            """{"code":-1,"msg":"An internal error occurred.","correlation_id":"b4351ecc-ee1a-4455-bc94-2c3dbcc58538"}""",
            await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Given_all_endpoints_when_they_are_enumerated_then_each_says_who_may_call_it_and_has_a_name_of_its_own()
    {
        await using var app = await AppFixture.StartAsync(azurite);

        var endpoints = app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();

        Assert.NotEmpty(endpoints);
        Assert.All(endpoints, e => Assert.True(e.Metadata.GetMetadata<AuthRequirement>() is not null, e.DisplayName));
        var names = endpoints.Select(e => e.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName).ToList();
        Assert.All(names, Assert.NotNull);
        Assert.Equal(names.Count, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Fact]
    public async Task Given_an_endpoint_for_administrators_when_others_call_it_then_guests_must_sign_in_and_users_are_refused()
    {
        await using var app = await AppFixture.StartAsync(azurite, map: a => a.MapGet("/api/v4/admin-only", () => "secret").Auth(AuthClass.Admin));
        var user = await app.CreateUserAsync();

        Assert.Equal(401, (await app.CreateClient().GetApiAsync("admin-only")).Code);
        Assert.Equal(403, (await (await app.SignInAsync(user.Email)).GetApiAsync("admin-only")).Code);
        Assert.Equal("secret", await (await app.SignInAsync()).GetStringAsync("/api/v4/admin-only"));
    }
}
