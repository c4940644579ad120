using System.Net.Http.Headers;
using Cloudreve.Core.Accounts;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Robustness;

/// <summary>One app for all tests of a class, with a client of the first administrator and one of nobody.</summary>
public sealed class SignedInApp(AzuriteServer azurite) : IAsyncLifetime
{
    private AppFixture? _app;

    /// <summary>The app.</summary>
    public AppFixture App => _app!;

    /// <summary>A client without a token.</summary>
    public HttpClient Anonymous { get; private set; } = null!;

    /// <summary>A client with the administrator's access token.</summary>
    public HttpClient Administrator { get; private set; } = null!;

    /// <summary>The administrator's tokens.</summary>
    public TokenPair Tokens { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _app = await AppFixture.StartAsync(azurite);
        var administrator = await _app.Services.GetRequiredService<UserStore>().FindAsync(1);
        Tokens = await _app.Services.GetRequiredService<TokenIssuer>().IssueAsync(administrator!);
        Anonymous = _app.CreateClient();
        Administrator = _app.CreateClient();
        Administrator.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Tokens.AccessToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }
}
