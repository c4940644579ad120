using Cloudreve.Core.Infrastructure.Caching;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Caching;

public sealed class BoundedCacheTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Given_a_value_when_its_time_is_up_then_it_is_not_found_any_more()
    {
        var cache = new BoundedCache<string, string>(10, _clock);
        cache.Keep("a", "1", _clock.GetUtcNow().AddMinutes(1));

        Assert.Equal("1", cache.Find("a"));
        Assert.Null(cache.Find("b"));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(cache.Find("a"));
    }

    [Fact]
    public void Given_a_full_cache_when_a_value_is_kept_then_the_oldest_go()
    {
        var cache = new BoundedCache<string, string>(10, _clock);
        var until = _clock.GetUtcNow().AddHours(1);
        cache.Keep("a", "1", until, 4);
        cache.Keep("b", "2", until, 4);
        cache.Keep("a", "3", until, 4);
        cache.Keep("c", "4", until, 5);
        cache.Keep("d", "5", until, 11);

        Assert.Equal("3", cache.Find("a"));
        Assert.Null(cache.Find("b"));
        Assert.Equal("4", cache.Find("c"));
        Assert.Null(cache.Find("d"));
    }
}
