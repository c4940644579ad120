using System.Net;
using System.Text.Json;
using System.Xml.Linq;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.WebDav.Answers;
using Xunit;

namespace Cloudreve.Functions.Tests.Edge;

/// <summary>Tests that requests that the edge refuses fail in the form of all failures of the route.</summary>
public sealed class FailureFormTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private const int Megabyte = 1024 * 1024;

    [Theory]
    [InlineData("POST", "complete", 17)]
    [InlineData("PUT", "empty", 5)]
    public async Task Given_a_body_above_the_limit_when_it_goes_to_the_provider_then_its_form_answers(string method, string action, int megabytes)
    {
        using var answer = await SendAsync(method, $"/uploads/{Guid.NewGuid()}/{action}", megabytes, "application/xml");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/xml", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("*", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
        var error = XElement.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(("Error", "BadParameter"), (error.Name.LocalName, error.Element("Code")?.Value));
        Assert.Equal("The request body is too large.", error.Element("Message")?.Value);
    }

    [Fact]
    public async Task Given_a_body_above_the_limit_when_it_asks_for_tokens_then_the_answer_is_that_of_oauth()
    {
        using var answer = await SendAsync("POST", "/api/v4/session/oauth/token", 5, "application/x-www-form-urlencoded");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.True(answer.Headers.CacheControl?.NoStore);
        using var error = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal("invalid_request", error.RootElement.GetProperty("error").GetString());
        Assert.False(error.RootElement.TryGetProperty("code", out _));
    }

    [Fact]
    public void Given_all_functions_when_failures_are_compared_then_other_protocols_have_their_forms()
    {
        var functions = new HttpFunctions(typeof(HttpFunction).Assembly).All;
        var forms = functions.Where(function => function.Failures is not (null or DavFailuresAttribute))
            .Select(function => $"{function.Name} {function.Failures!.GetType().Name}");

        Assert.Equal(
            [
                "CompleteDirectUpload ProviderFailuresAttribute", "ExchangeOAuthToken OAuthFailuresAttribute", "PutEmptyChunk ProviderFailuresAttribute",
                "WopiCheckFileInfo WopiFailuresAttribute", "WopiGetFile WopiFailuresAttribute", "WopiModifyFile WopiFailuresAttribute",
                "WopiPutFile WopiFailuresAttribute",
            ],
            forms);
        Assert.All(
            functions,
            function => Assert.Equal(function.Route.StartsWith("dav/", StringComparison.Ordinal) || function.Route.StartsWith("remote.php/", StringComparison.Ordinal), function.Failures is DavFailuresAttribute));
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path, int megabytes, string type)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new ByteArrayContent(new byte[megabytes * Megabyte]) };
        request.Content.Headers.ContentType = new(type);
        return await shared.App.CreateClient().SendAsync(request);
    }
}
