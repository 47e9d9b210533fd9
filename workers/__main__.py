from workers.app import main

main()
