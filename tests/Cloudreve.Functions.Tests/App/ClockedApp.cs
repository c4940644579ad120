using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.App;

/// <summary>One app for all tests of a class, whose clock moves only when a test says so: take it with <c>IClassFixture&lt;ClockedApp&gt;</c>.</summary>
public sealed class ClockedApp(AzuriteServer azurite) : IAsyncLifetime
{
    /// <summary>The clock. It begins at the real time, which storage goes by.</summary>
    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    /// <summary>The app.</summary>
    public AppFixture App { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => App = await AppFixture.StartAsync(azurite, services => services.AddSingleton<TimeProvider>(Clock));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => App.DisposeAsync();
}
