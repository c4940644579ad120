using Xunit;

namespace Cloudreve.EndToEnd.Triggers;

[CollectionDefinition(Name)]
public sealed class EventDrivenSiteCollection : ICollectionFixture<EventDrivenSite>
{
    public const string Name = "Event-driven site";
}
