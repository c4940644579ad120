using Xunit;

namespace Cloudreve.EndToEnd.Sites;

[CollectionDefinition(Name)]
public sealed class SharedSiteCollection : ICollectionFixture<SharedSite>
{
    public const string Name = "Shared site";
}
