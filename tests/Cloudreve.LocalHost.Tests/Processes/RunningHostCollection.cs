using Xunit;

namespace Cloudreve.LocalHost.Tests.Processes;

[CollectionDefinition(Name)]
public sealed class RunningHostCollection : ICollectionFixture<RunningHost>
{
    public const string Name = "Running host";
}
