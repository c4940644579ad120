using Cloudreve.Dev.Running;
using Xunit;

namespace Cloudreve.Dev.Tests;

public sealed class SealingKeyFileTests : IDisposable
{
    private readonly Repository _repository = new(Directory.CreateTempSubdirectory("repository").FullName);

    [Fact]
    public async Task ReadAsync_NoFile_MakesAKeyThatLaterRunsFind()
    {
        Directory.CreateDirectory(_repository.Path(".azurite"));

        var key = await SealingKeyFile.ReadAsync(_repository, TestContext.Current.CancellationToken);

        Assert.StartsWith("local:", key, StringComparison.Ordinal);
        Assert.Equal(32, Convert.FromBase64String(key["local:".Length..]).Length);
        Assert.Equal(key, await SealingKeyFile.ReadAsync(_repository, TestContext.Current.CancellationToken));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_repository.Path(".azurite", "sealing-keys")));
    }

    public void Dispose() => Directory.Delete(_repository.Root, recursive: true);
}
