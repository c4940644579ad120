Console.WriteLine("usage: ./dev run | test | bench | publish | lint");
