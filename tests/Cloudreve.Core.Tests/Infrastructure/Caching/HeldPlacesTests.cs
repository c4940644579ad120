using Cloudreve.Core.Infrastructure.Caching;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Caching;

public sealed class HeldPlacesTests
{
    private readonly HeldPlaces<string> _places = new();

    [Fact]
    public void Given_all_places_of_one_when_another_is_wanted_then_there_is_none_but_others_have_theirs()
    {
        Assert.NotNull(_places.TryTake("a", 2));
        Assert.NotNull(_places.TryTake("a", 2));

        Assert.Null(_places.TryTake("a", 2));
        Assert.NotNull(_places.TryTake("b", 2));
    }

    [Fact]
    public void Given_a_place_that_is_returned_twice_when_places_are_wanted_then_one_more_is_free()
    {
        using var held = _places.TryTake("a", 2);
        var returned = _places.TryTake("a", 2)!;

        returned.Dispose();
        returned.Dispose();

        Assert.NotNull(_places.TryTake("a", 2));
        Assert.Null(_places.TryTake("a", 2));
    }
}
