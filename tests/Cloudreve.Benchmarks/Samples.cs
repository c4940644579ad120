namespace Cloudreve.Benchmarks;

/// <summary>Measured values of the same thing.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    public bool IsEmpty => _values.Count == 0;

    public double Best => _values.Min();

    public double Median
    {
        get
        {
            var ordered = _values.Order().ToList();
            return (ordered[(ordered.Count - 1) / 2] + ordered[ordered.Count / 2]) / 2;
        }
    }

    public void Add(double value) => _values.Add(value);
}
